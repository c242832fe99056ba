// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import * as grid from "../../workbench/widgets/js/grid_layout.js";

const usual = { count: 1000, width: 1000, view: 500, size: 160, gap: 12, text: 26 };
const small = grid.layOut(usual);
const huge = grid.layOut({ ...usual, count: 10_000_000 });

test("as many columns as fit, filling the width", () => {
  assert.equal(small.columns, 5);
  assert.equal(small.cell * small.columns + small.gap * (small.columns + 1), 1000);
  assert.equal(grid.layOut({ ...usual, width: 40 }).columns, 1);
  assert.equal(grid.layOut({ ...usual, count: 0 }).rows, 0);
});

test("ten million rows fit what a browser can make, and every one can be reached", () => {
  assert.ok(grid.isScaled(huge) && huge.spacer <= grid.TALLEST);
  assert.equal(grid.offsetAt(huge, 0), 0);
  assert.equal(grid.offsetAt(huge, huge.spacer - huge.view), grid.lowest(huge));
  const [first, last] = grid.placesAt(huge, grid.lowest(huge));
  assert.ok(first < 9_999_999 && last === 10_000_000);
});

test("scrolling there and back arrives at the same offset", () => {
  for (const layout of [small, huge]) {
    for (let part = 0; part <= 1; part += 0.01) {
      const offset = part * grid.lowest(layout);
      assert.ok(Math.abs(grid.offsetAt(layout, grid.scrollTopAt(layout, offset)) - offset) < 0.01);
    }
  }
});

test("what is shown is in sight, and what is in sight stays", () => {
  for (const layout of [small, huge]) {
    for (const place of [0, 7, 500, layout.count - 1]) {
      const offset = grid.offsetToShow(layout, 300, place);
      const top = grid.topOf(layout, grid.rowOf(layout, place));
      assert.ok(top >= offset && top + layout.row <= offset + layout.view + layout.gap);
      assert.equal(grid.offsetToShow(layout, offset, place), offset);
    }
  }
});

test("steps never leave the grid", () => {
  const odd = grid.layOut({ ...usual, count: 13 });
  for (const step of ["left", "right", "up", "down", "page_up", "page_down", "home", "end", "unknown"]) {
    for (let place = 0; place < 13; place += 1) {
      const to = grid.stepped(odd, place, step);
      assert.ok(to >= 0 && to < 13, `${step} from ${place} led to ${to}`);
    }
  }
  assert.equal(grid.stepped(odd, 6, "up"), 1);
  assert.equal(grid.stepped(odd, 3, "up"), 3);
  assert.equal(grid.stepped(odd, 6, "down"), 11);
  assert.equal(grid.stepped(odd, 9, "down"), 12, "the last row is shorter");
  assert.equal(grid.stepped(odd, 11, "down"), 11);
  assert.equal(grid.stepped(small, 3, "page_down"), 13);
  assert.equal(grid.stepped(small, 3, "end"), 999);
});

test("a new width keeps what one looks at where it is", () => {
  const wide = grid.layOut({ ...usual, width: 2400 });
  const offset = grid.offsetToShow(small, 0, 600);
  const kept = grid.offsetKept(small, wide, offset, 600);
  const before = grid.topOf(small, grid.rowOf(small, 600)) - offset;
  assert.equal(grid.topOf(wide, grid.rowOf(wide, 600)) - kept, before);
});
