// The API, to read.
window.Redoc.init("/openapi.json", {}, document.getElementById("redoc"));
