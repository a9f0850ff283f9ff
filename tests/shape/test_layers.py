"""Files import downwards only, and never in a circle."""

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter

from .layers import LAYERS, SAME_LAYER, Layer
from .source import Source, core, expect_none, imports, plugins, sources

SMALL = (
    ("low", frozenset({"low"})),
    ("middle", frozenset({"inbox", "outbox"})),
    ("high", frozenset({"high"})),
)


def layer_faults(files: Sequence[Source], layers: Sequence[Layer]) -> list[str]:
    """What imports from its own layer or one above, and who has no layer."""
    height = {name: level for level, (_, names) in enumerate(layers) for name in names}
    parts = {_part(file.module) for file in files}
    faults = [f"layers.py names '{name}' in {count} layers" for name, count in _several(layers)]
    faults += [
        f"'{name}' has no layer: add it to tests/shape/layers.py, just above everything it imports"
        for name in sorted(parts - height.keys())
    ]
    faults += [f"layers.py names '{name}', which is not there: take it out" for name in height.keys() - parts]
    for file in files:
        here = _part(file.module)
        for line, there in _parts_imported(file, files):
            if there == here or here not in height or (here, there) in SAME_LAYER:
                continue
            if height.get(there, len(layers)) >= height[here]:
                faults.append(
                    f"{file.path}:{line} imports '{there}', which is not below '{here}': meet by a Protocol "
                    "of hub.py, or move what both need into a lower file"
                )
    return faults


def _several(layers: Sequence[Layer]) -> Iterable[tuple[str, int]]:
    names = [name for _, members in layers for name in members]
    return ((name, names.count(name)) for name in sorted(set(names)) if names.count(name) > 1)


def _part(module: str) -> str:
    """The file or package right below chatgrow_bot."""
    return module.partition(".")[2].partition(".")[0] or "__init__"


def _parts_imported(file: Source, files: Sequence[Source]) -> Iterable[tuple[int, str]]:
    known = {each.module for each in files}
    for each in imports(file):
        top = each.module.partition(".")[0]
        if top == "chatgrow_bot":
            yield each.line, _part(each.target(known))
        elif top in {"chatgrow_plugins", "plugins"}:
            yield each.line, top


def cycle_faults(files: Sequence[Source]) -> list[str]:
    """A circle of imports, if there is one. Importing a.b runs a/__init__.py too, unless one is inside a."""
    known = {file.module for file in files}
    graph: dict[str, set[str]] = {}
    for file in files:
        edges = graph.setdefault(file.module, set())
        for each in imports(file):
            target = each.target(known)
            edges |= {target, *(set(_parents(target)) - set(_parents(file.module)))}
        edges &= known - {file.module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [f"imports in a circle: {' <- '.join(error.args[1])}"]
    return []


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def test_every_file_imports_from_lower_layers_only() -> None:
    expect_none(layer_faults(core(), LAYERS))


def test_nothing_imports_in_a_circle() -> None:
    expect_none([*cycle_faults(core()), *cycle_faults(plugins())])


def test_an_import_upwards_is_found_wherever_it_hides() -> None:
    for hidden in (
        "from .high import x",
        "from . import high",
        "import chatgrow_bot.high",
        "def work():\n    from chatgrow_bot.high import x",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .high import x",
    ):
        files = _small({"low.py": hidden})
        assert ["low.py" in fault and "'high'" in fault for fault in layer_faults(files, SMALL)] == [True]


def test_an_import_within_a_layer_is_found_save_for_the_one_exception() -> None:
    assert layer_faults(_small({"inbox.py": "from .outbox import x"}), SMALL) == []
    assert len(layer_faults(_small({"outbox.py": "from .inbox import x"}), SMALL)) == 1


def test_an_import_of_a_plugin_is_found() -> None:
    for text in ("import plugins.rest_api", "from chatgrow_plugins.rest_api import x"):
        assert len(layer_faults(_small({"high.py": text}), SMALL)) == 1


def test_a_package_counts_as_one() -> None:
    files = _small({"low/__init__.py": "from .a import x", "low/a.py": "from . import b", "low/b.py": ""})
    assert layer_faults([file for file in files if file.path != "chatgrow_bot/low.py"], SMALL) == []


def test_a_file_without_a_layer_and_a_layer_without_a_file_are_found() -> None:
    assert "add it to tests/shape/layers.py" in layer_faults(_small({"new.py": ""}), SMALL)[0]
    missing = [file for file in _small({}) if not file.path.endswith("high.py")]
    assert "take it out" in layer_faults(missing, SMALL)[0]
    assert "in 2 layers" in layer_faults(_small({}), (*SMALL, ("again", frozenset({"low"}))))[0]


def test_a_circle_is_found_also_through_type_checking_and_packages() -> None:
    for texts in (
        {"a.py": "from .b import x", "b.py": "if TYPE_CHECKING:\n    from . import a"},
        {"p/__init__.py": "from .a import x", "p/a.py": "from . import x"},
        {"p/__init__.py": "from ..q import x", "p/a.py": "", "q.py": "from .p.a import x"},
    ):
        assert len(cycle_faults(_small(texts))) == 1, texts


def test_a_package_that_gathers_its_files_is_no_circle() -> None:
    texts = {"p/__init__.py": "from .a import x", "p/a.py": "from .b import x\nfrom . import b", "p/b.py": ""}
    assert cycle_faults(_small(texts)) == []


def _small(texts: dict[str, str]) -> list[Source]:
    """A core of four files, some of them changed."""
    whole = {"low.py": "", "inbox.py": "from .low import x", "outbox.py": "", "high.py": "", **texts}
    return sources({f"chatgrow_bot/{path}": text for path, text in whole.items()})
