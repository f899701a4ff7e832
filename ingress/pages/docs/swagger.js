// The API, to try. Its page lets no script run that stands in it, so this is a file.
window.SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });
