// What is wrong, in sentences.

const NAMES = {
  email: 'This',
  phone_number: 'This',
  code: 'This',
  username: 'This username',
  password: 'The password',
  new: 'The password',
};

// The API's reason at a field. Its own reasons go on from the field's name; those of its library are for programmers.
export function sentence(field, reason, fault = 'Please check this.') {
  const said = reason.replace(/^Value error, /, '');
  return /^[a-z]/.test(said) ? `${NAMES[field] ?? 'This'} ${said}.` : fault;
}

// A Problem that is about no field.
export function told(problem) {
  const detail = problem.detail.replace(/([^.!?])$/, '$1.');
  if (problem.status === 429) return `Too many attempts. Please wait ${duration(problem.retryAfter ?? 60)}, then try again.`;
  const helps = problem.unreachable || (problem.status >= 500 && problem.retryAfter !== null);
  return helps && !/try again/i.test(detail) ? `${detail} Please try again.` : detail;
}

export function duration(seconds) {
  if (seconds > 90) return `${Math.ceil(seconds / 60)} minutes`;
  const whole = Math.max(1, Math.ceil(seconds));
  return `${whole} ${whole === 1 ? 'second' : 'seconds'}`;
}
