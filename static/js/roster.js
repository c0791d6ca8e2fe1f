/*
 * Moving through a roster by keyboard. Load it (block `js`, defer) on pages with
 *
 *   <table class="data roster" data-roster> … components/roster_cell.html with row=… column=… …
 *
 * One cell is in the tab order; arrow keys, Home and End move, Ctrl+Home and Ctrl+End go to the corners,
 * Space and Enter press the cell (a submit button: the server or htmx does the rest). After a swap by
 * htmx the focus returns to the same place. Without scripts every cell is an ordinary button.
 */
for (const grid of document.querySelectorAll("[data-roster]")) {
  let place = null;

  const cells = () => [...grid.querySelectorAll("[data-roster-cell]:not(:disabled)")];
  const at = (cell) => ({ row: Number(cell.dataset.row), column: Number(cell.dataset.column) });
  const find = (row, column) => grid.querySelector(`[data-roster-cell][data-row="${row}"][data-column="${column}"]:not(:disabled)`);

  const rove = (cell) => {
    for (const other of cells()) other.tabIndex = -1;
    if (!cell) return;
    cell.tabIndex = 0;
    place = at(cell);
  };
  const start = () => rove(grid.querySelector("[data-roster-cell].is-today:not(:disabled)") ?? cells()[0]);

  const step = (from, down, right) => {
    const all = cells().map(at);
    const rows = Math.max(...all.map((item) => item.row));
    const columns = Math.max(...all.map((item) => item.column));
    let { row, column } = from;
    for (;;) {
      row += down;
      column += right;
      if (row < 0 || column < 0 || row > rows || column > columns) return null;
      const cell = find(row, column);
      if (cell) return cell;
    }
  };

  grid.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-roster-cell]")) rove(event.target);
  });
  grid.addEventListener("keydown", (event) => {
    if (!event.target.matches("[data-roster-cell]") || event.altKey || event.metaKey) return;
    const here = at(event.target);
    const forward = getComputedStyle(grid).direction === "rtl" ? -1 : 1;
    const row = cells().filter((cell) => Number(cell.dataset.row) === here.row);
    const to = {
      ArrowDown: () => step(here, 1, 0),
      ArrowUp: () => step(here, -1, 0),
      ArrowRight: () => step(here, 0, forward),
      ArrowLeft: () => step(here, 0, -forward),
      Home: () => (event.ctrlKey ? cells()[0] : row[0]),
      End: () => (event.ctrlKey ? cells().at(-1) : row.at(-1)),
    }[event.key];
    if (!to) return;
    event.preventDefault();
    to()?.focus();
  });
  document.addEventListener("htmx:beforeRequest", (event) => event.target.closest?.("[data-roster-cell]")?.classList.add("is-saving"));
  // In the same turn as the swap: a key pressed before htmx settles must find the focus where it was.
  document.addEventListener("htmx:afterSwap", () => {
    if (!grid.isConnected || !place) return;
    const lost = document.activeElement === document.body;
    const cell = find(place.row, place.column);
    rove(cell ?? cells()[0]);
    if (lost) cell?.focus();
  });
  start();

  // On a narrow screen the grid opens at today's session.
  const today = grid.querySelector("tbody .is-today");
  const scroller = grid.closest(".table-scroll");
  if (today && scroller && scroller.scrollWidth > scroller.clientWidth) {
    const [cell, frame] = [today.getBoundingClientRect(), scroller.getBoundingClientRect()];
    scroller.scrollLeft += cell.right - frame.right + cell.width;
  }
}
