// Passwords: shown when asked for, and how long a new one is.

const ENOUGH = 15; // characters

// Lets a person see what they write. A form that is sent hides it again, as password managers expect.
export function peekable(box) {
  const [input, button] = [box.querySelector('input'), box.querySelector('.peek')];
  const show = (shown) => {
    input.type = shown ? 'text' : 'password';
    button.textContent = shown ? 'Hide' : 'Show';
    button.setAttribute('aria-pressed', String(shown));
  };
  button.addEventListener('click', () => {
    show(input.type === 'password');
    input.focus();
  });
  input.form.addEventListener('submit', () => show(false), { capture: true });
}

export function measured(place) {
  const input = place.querySelector('input');
  const draw = () => {
    const length = [...input.value.normalize('NFC')].length;
    const short = ENOUGH - length;
    place.querySelector('.meter i').style.setProperty('width', `${Math.min(1, length / ENOUGH) * 100}%`);
    place.dataset.enough = String(short <= 0);
    place.querySelector('.count').textContent = short > 0 && length ? `${length} of ${ENOUGH}` : '';
    place.querySelector('[role=status]').textContent = short <= 0 ? 'Long enough.' : '';
    input.setCustomValidity(length && short > 0 ? missing(short) : '');
  };
  input.addEventListener('input', draw);
  input.form.addEventListener('reset', () => setTimeout(draw));
}

const missing = (count) => `${count} more ${count === 1 ? 'character' : 'characters'}, please.`;
