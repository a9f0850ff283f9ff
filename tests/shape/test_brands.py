"""Everything with a brand name is a plugin: the core names no product but WhatsApp, and no plugin."""

import re
from collections.abc import Iterable, Iterator, Mapping

from .source import ROOT, Found, expect_none, unlisted

#: Products that a hub like this one meets. Libraries and databases that the core is itself built from
#: (aiohttp, SQLAlchemy, SQLite, PostgreSQL) are no brands here: nobody chooses between them by a plugin.
BRANDS = frozenset(
    {
        *("chrome", "chromium", "firefox", "playwright", "puppeteer", "selenium", "webkit"),
        *("wa-js", "whatsapp-web.js", "wppconnect", "signal-cli", "twilio", "viber", "facebook", "instagram"),
        *("slack", "telegram", "discord", "mattermost", "rocketchat", "gmail", "google", "zapier"),
        *("hubspot", "salesforce", "pipedrive", "zoho", "zendesk", "freshdesk", "intercom", "chatwoot"),
        *("shopify", "stripe", "mailchimp", "trello", "jira", "asana", "notion", "dropbox"),
        *("openai", "chatgpt", "anthropic", "prometheus", "grafana"),
    }
)
#: "file brand": why it stands there all the same.
ALLOWED = {
    "chatgrow_bot/hub/nouns.py metrics": "a scope of API keys, named for what it lets see",
    "chatgrow_bot/accounts/keys.py metrics": "the same",
    "chatgrow_bot/client/endpoints.py webhooks": "a path of the API, which the client asks",
    "chatgrow_bot/store/migrations/versions/0005_rest_api.py webhooks": "keys of those that come in",
    "chatgrow_bot/config/environment.py puppeteer": "the environment's PUPPETEER_ARGS, a name operators know",
}


def plugin_names() -> frozenset[str]:
    """The folders and files in plugins/, as they are named in chatgrow.yaml."""
    entries = (ROOT / "plugins").iterdir()
    return frozenset(e.stem for e in entries if e.suffix == ".py" or (e / "__init__.py").exists())


def brands_in(texts: Mapping[str, str], brands: Iterable[str]) -> Iterator[Found]:
    """Every brand in the code, its comments and its names: `HubSpot`, `hub_spot` and `HUBSPOT_URL` alike."""
    patterns = {brand: _pattern(brand) for brand in sorted(brands)}
    for path, text in texts.items():
        spoken = (text + "\n" + re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", text)).lower()
        for brand, pattern in patterns.items():
            if re.split("[-_.]", brand)[0] in spoken and (match := pattern.search(spoken)):
                line = spoken.count("\n", 0, match.start()) % (text.count("\n") + 1) + 1
                yield Found(path=path, line=line, what=f"names '{brand}'", key=f"{path} {brand}")


def _pattern(brand: str) -> re.Pattern[str]:
    words = map(re.escape, re.split("[-_.]", brand))
    return re.compile(rf"(?<![a-z]){'[-_.]?'.join(words)}(?![a-z])")


def core_texts() -> dict[str, str]:
    """Every text in chatgrow_bot, of whatever kind."""
    files = (file for file in (ROOT / "chatgrow_bot").rglob("*") if file.is_file() and file.suffix != ".pyc")
    return {file.relative_to(ROOT).as_posix(): file.read_text("utf-8", errors="replace") for file in files}


def test_the_core_names_no_brand_and_no_plugin() -> None:
    found = brands_in(core_texts(), BRANDS | plugin_names())
    expect_none(unlisted(found, ALLOWED, "what has a brand name belongs in a plugin"))


def test_a_brand_is_found_however_it_is_written() -> None:
    for text in (
        "import slack_sdk",
        "# as Slack does",
        "class SlackFront: ...",
        "SLACK_TOKEN = 1",
        "from .wa_js import x",
        "waJs = 1",
        "WA-JS",
        "'hubspot.com'",
        "HubSpot",
        "the REST_API plugin",
        "class RestApi: ...",
    ):
        found = list(brands_in({"chatgrow_bot/x.py": text}, {"slack", "wa-js", "hubspot", "rest_api"}))
        assert len(found) == 1, text


def test_a_word_that_only_holds_a_brand_is_let_be() -> None:
    words = "slackened telegrams, chromiums; the REST API"
    assert list(brands_in({"chatgrow_bot/x.py": words}, BRANDS | {"rest_api"})) == []


def test_a_brand_is_found_where_it_stands() -> None:
    assert [each.line for each in brands_in({"x.py": "a\nb\nSlack\n"}, {"slack"})] == [3]
    assert [each.line for each in brands_in({"x.py": "a\nclass ToSlack: ...\n"}, {"slack"})] == [2]


def test_an_exception_that_nothing_needs_is_found() -> None:
    assert len(unlisted([], ALLOWED, "")) == len(ALLOWED)
