"""Notebook-driven workbench for image collections: metadata, annotation, de-duplication, quality.

>>> import workbench as wb
>>> ws = wb.open("my-workspace", actor="analyst-1")  # doctest: +SKIP
>>> ws.scan("/path/to/images", batch="2026-03")  # doctest: +SKIP
>>> wb.Explorer(ws)  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.bench import Bench as Bench
    from workbench.bench import open as open
    from workbench.demo import open_sample as open_sample
    from workbench.demo import open_sample_work as open_sample_work
    from workbench.demo import sample_images as sample_images
    from workbench.sample import make_sample as make_sample
    from workbench.tables import save_table as save_table
    from workbench.widgets.adjudicate import Adjudicate as Adjudicate
    from workbench.widgets.audit_board import AuditBoard as AuditBoard
    from workbench.widgets.certificate_review import CertificateReview as CertificateReview
    from workbench.widgets.cluster_review import ClusterReview as ClusterReview
    from workbench.widgets.double_entry import DoubleEntry as DoubleEntry
    from workbench.widgets.double_entry import MixedForm as MixedForm
    from workbench.widgets.double_entry import Training as Training
    from workbench.widgets.explorer import Explorer as Explorer
    from workbench.widgets.history import History as History
    from workbench.widgets.image_grid import ImageGrid as ImageGrid
    from workbench.widgets.inspection import Inspection as Inspection
    from workbench.widgets.tag_form import TagForm as TagForm
    from workbench.widgets.tagging import Tagging as Tagging

# Loaded when first asked for: a worker process must not pay for notebooks and plots.
_HOMES = {
    "open": "workbench.bench",
    "open_sample": "workbench.demo",
    "open_sample_work": "workbench.demo",
    "sample_images": "workbench.demo",
    "Adjudicate": "workbench.widgets.adjudicate",
    "AuditBoard": "workbench.widgets.audit_board",
    "Bench": "workbench.bench",
    "CertificateReview": "workbench.widgets.certificate_review",
    "ClusterReview": "workbench.widgets.cluster_review",
    "DoubleEntry": "workbench.widgets.double_entry",
    "Explorer": "workbench.widgets.explorer",
    "History": "workbench.widgets.history",
    "ImageGrid": "workbench.widgets.image_grid",
    "Inspection": "workbench.widgets.inspection",
    "MixedForm": "workbench.widgets.double_entry",
    "TagForm": "workbench.widgets.tag_form",
    "Tagging": "workbench.widgets.tagging",
    "Training": "workbench.widgets.double_entry",
    "make_sample": "workbench.sample",
    "save_table": "workbench.tables",
}

__all__ = [
    "Adjudicate",
    "AuditBoard",
    "Bench",
    "CertificateReview",
    "ClusterReview",
    "DoubleEntry",
    "Explorer",
    "History",
    "ImageGrid",
    "Inspection",
    "MixedForm",
    "TagForm",
    "Tagging",
    "Training",
    "make_sample",
    "open",
    "open_sample",
    "open_sample_work",
    "sample_images",
    "save_table",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
