// A table of the page as numbers. What a cell means stands in its attributes, what it is called in its text.

export type Kind = "whole" | "share" | "seconds" | "money";
export type Series = { name: string; drawn: "bar" | "stack" | "line"; kind: Kind; values: (number | null)[] };
export type Way = { places: [id: string, label: string][]; calls: number };
export type Numbers = { names: string[]; keys: string[]; series: Series[]; ways: Way[] };

export function read(table: HTMLTableElement): Numbers {
  const rows = [...table.tBodies[0].rows].filter((row) => row.cells.length > 1 && !row.classList.contains("total"));
  const heads = [...table.tHead!.rows[0].cells];
  const series = heads.flatMap((head, place) => {
    const { drawn, kind } = head.dataset;
    if (!drawn) return [];
    const values = rows.map((row) => number(row.cells[place]));
    return [{ name: head.textContent!.trim(), drawn, kind, values } as Series];
  });
  return {
    names: rows.map((row) => row.cells[0].textContent!.trim()),
    keys: rows.map((row) => row.dataset.key ?? ""),
    series,
    ways: rows.filter((row) => row.dataset.way).map(way),
  };
}

function number(cell: HTMLTableCellElement): number | null {
  return cell.dataset.value ? Number(cell.dataset.value) : null;
}

function way(row: HTMLTableRowElement): Way {
  return { places: JSON.parse(row.dataset.way!), calls: number(row.cells[row.cells.length - 1]) ?? 0 };
}
