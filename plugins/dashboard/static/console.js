// A dialog that the server sends is opened as one: the page behind it waits, and Escape leaves it.
document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target.id === "dialog") target.querySelector("dialog")?.showModal();
});
