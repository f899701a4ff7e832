// Questions that want a yes before something is done.

let asked = 0; // questions so far: a browser may tell late that the one before was closed

// Opens the dialog. Resolves to true when it is closed by its button of the value “yes”.
export function answered(dialog) {
  const mine = ++asked;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    const closed = () => {
      if (mine === asked && dialog.open) return;
      dialog.removeEventListener('close', closed);
      resolve(mine === asked && dialog.returnValue === 'yes');
    };
    dialog.addEventListener('close', closed);
  });
}
