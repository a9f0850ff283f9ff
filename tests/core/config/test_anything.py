"""Whatever stands in the file, loading answers with settings or with a report, never with another error."""

import contextlib
import re
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatgrow_bot.config.models import Settings
from chatgrow_bot.config.report import InvalidConfig
from chatgrow_bot.config.schema import schema_of

from .conftest import Project

KEYS = sorted(set(re.findall(r'"([a-z][A-Za-z]+)": {', schema_of(Settings))))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["~nobody/x", "999999999999h", "1e999", "7d", "16MB", "auto", "sqlite://", "://", "10.0.0.0/8"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(), below, max_size=4)
    ),
    max_leaves=12,
)
SHARED_PROJECT = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None
)


@SHARED_PROJECT
@given(data=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
def test_any_data_is_settings_or_a_report(data: dict[str, Any], project: Project) -> None:
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
    with contextlib.suppress(InvalidConfig):
        project.load(text, {"WHATSAPP_MAX_CONNECTIONS": "5"})


@SHARED_PROJECT
@given(text=st.text(st.sampled_from("ab:-[]{},'\"&*!|>%@# \n\t\\0é\x00\x85\u2028\ud7ff")))
def test_any_text_is_settings_or_a_report(text: str, project: Project) -> None:
    with contextlib.suppress(InvalidConfig):
        project.load(text)
