"""A fresh page for each widget test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from widgets.mini_host import MiniHost


@pytest.fixture
def page(chrome: Any) -> Iterator[Any]:
    """A page in a window of 1,400 × 900; nothing may have gone wrong in it by the end."""
    context = chrome.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    problems = page.evaluate("window.problems ?? []")
    context.close()
    assert problems == []


@pytest.fixture
def host(page: Any) -> Iterator[Callable[..., MiniHost]]:
    """Show a widget: ``host(lambda: ImageGrid(ws))``."""
    hosts: list[MiniHost] = []

    def show(make: Callable[[], Any], theme: str = "light") -> MiniHost:
        hosts.append(MiniHost(page, make))
        hosts[-1].open(theme)
        return hosts[-1]

    yield show
    for one in hosts:
        one.close()
