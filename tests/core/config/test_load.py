"""The whole way: file, secrets, .env and environment to settings. The check is the load."""

from pathlib import Path

import pytest

from chatgrow_bot.config.load import load
from chatgrow_bot.config.models import OnUnknown, Settings
from chatgrow_bot.config.report import InvalidConfig, Position
from chatgrow_bot.errors import ConfigError

from .conftest import Project

ROOT = Path(__file__).parents[3]


def test_the_shipped_configuration_loads_and_says_what_is_the_default_anyway() -> None:
    loaded = load(ROOT / "config" / "chatgrow.yaml", {})

    assert list(loaded.settings.plugins) == [
        "engine_web",
        "rest_api",
        "metrics",
        "dashboard",
        "webhooks",
        "whatsapp_agents",
        "guest_list",
        "auto_reply",
        "journal_log",
    ]
    assert loaded.settings.plugins["rest_api"].admin
    assert not loaded.settings.plugins["guest_list"].enabled
    assert loaded.settings.session_dir == ROOT / "sessions"
    default = Settings.model_validate({}, context={"root": ROOT})
    assert loaded.settings.model_copy(update={"plugins": {}, "plugin_folders": ()}) == default


def test_the_known_names_have_their_known_defaults(project: Project) -> None:
    settings = project.load("").settings

    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 3000)
    assert (settings.max_connections, settings.health_check_interval) == (10, 60)
    assert (settings.queue.concurrency, settings.queue.max_retries) == (5, 3)
    assert settings.queue.retry_delays == (5000, 15000, 30000)
    assert (settings.queue.remove_on_complete, settings.queue.remove_on_fail) == (100, 50)
    assert (settings.queue.ttl, settings.queue.on_unknown) == (7 * 86400, OnUnknown.RESEND)
    pacing = settings.pacing
    assert (pacing.send.min, pacing.send.max, pacing.send.jitter) == (30, 45, 10)
    assert (pacing.reply.min, pacing.reply.max, pacing.reply.typing) == (3, 8, True)
    assert (settings.inbound.age_gate, settings.inbound.loop_breaker.short) == (120, 6)


def test_an_error_is_a_report_and_a_configuration_error(project: Project) -> None:
    with pytest.raises(ConfigError) as caught:
        project.load("server:\n  prot: 3000\n")

    assert str(caught.value) == (
        "config/chatgrow.yaml:2:3  unknown key 'prot', did you mean 'port'?\n"
        "     2 |   prot: 3000\n"
        "       |   ^"
    )


def test_every_kind_of_mistake_comes_in_one_report_in_the_order_of_the_file(project: Project) -> None:
    text = """\
server: {prot: 3000}
sessionDir: no
maxConnections: 0
queue: {concurrency: lots, onUnknown: resent}
database: {url: !secret NOT_SET}
admins: &a [me]
admins: *a
plugins: {Bad Name: {}, x: {tenants: al}}
"""
    report = project.report(text, {"WHATSAPP_HEALTH_CHECK_INTERVAL": "soon"})

    heads = [line for line in report.splitlines() if "  " in line and not line.startswith(" ")]
    assert [head.split("  ")[0].removeprefix("config/chatgrow.yaml:") for head in heads] == [
        "1:10", "2:13", "3:17", "4:22", "4:39", "5:17", "6:9", "7:1", "7:9", "8:11", "8:38",
        "environment variable WHATSAPP_HEALTH_CHECK_INTERVAL (milliseconds)",
    ]  # fmt: skip


def test_relative_folders_start_around_the_config_folder(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("sessionDir: var/s\nlogsDir: /var/log/x\nallowedMediaRoots: [~/pics, media]\n")
    monkeypatch.setenv("HOME", "/home/shop")
    monkeypatch.chdir("/")

    settings = load(project.file, {}).settings

    assert settings.session_dir == project.root / "var" / "s"
    assert settings.logs_dir == Path("/var/log/x")
    assert settings.allowed_media_roots == (Path("/home/shop/pics"), project.root / "media")
    assert settings.plugin_folders == ()


def test_a_file_outside_a_config_folder_has_its_own_folder_as_root(project: Project) -> None:
    settings = load(project.write("", "shop.yaml"), {}).settings

    assert settings.session_dir == project.root / "sessions"


def test_the_database_lies_in_the_session_folder_unless_it_says_otherwise(project: Project) -> None:
    assert project.load("").settings.database_url == f"sqlite:///{project.root}/sessions/chatgrow.db"
    url = "postgresql://bot:pw@db/chatgrow"
    settings = project.load(f"database: {{url: '{url}'}}\n").settings
    assert settings.database_url == url
    assert "pw@" not in repr(settings)
    assert "begins with sqlite:// or postgresql://" in project.report("database: {url: 'mysql://x'}\n")


def test_the_environment_goes_over_the_file(project: Project) -> None:
    settings = project.load(
        "maxConnections: 3\nserver: {port: 1}\n",
        {
            "WHATSAPP_SESSION_DIR": "elsewhere",
            "WHATSAPP_MAX_CONNECTIONS": "7",
            "WHATSAPP_HEALTH_CHECK_INTERVAL": "30000",
            "PUPPETEER_ARGS": "--one, --two=2",
            "CHATGROW_PORT": "4000",
            "CHATGROW_HOST": "0.0.0.0",
        },
    ).settings

    assert settings.session_dir == project.root / "elsewhere"
    assert (settings.max_connections, settings.health_check_interval) == (7, 30.0)
    assert settings.browser_args == ("--one", "--two=2")
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 4000)


def test_the_newer_name_of_a_variable_wins_and_an_empty_one_does_not_count(project: Project) -> None:
    env = {"BROWSER_ARGS": "--new", "PUPPETEER_ARGS": "--old", "WHATSAPP_MAX_CONNECTIONS": ""}

    settings = project.load("maxConnections: 3\n", env).settings

    assert (settings.browser_args, settings.max_connections) == (("--new",), 3)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("WHATSAPP_MAX_CONNECTIONS", "ten", "'maxConnections' must be a whole number, not 'ten'"),
        ("WHATSAPP_MAX_CONNECTIONS", "0", "'maxConnections' must be at least 1, not 0"),
        ("WHATSAPP_HEALTH_CHECK_INTERVAL", "10", "'healthCheckInterval' must be at least 1, not 0.01"),
        ("CHATGROW_PORT", "99999", "'port' must be at most 65,535, not 99,999"),
    ],
)
def test_a_bad_variable_is_named(name: str, value: str, says: str, project: Project) -> None:
    [problem] = project.problems("", {name: value})

    assert name in str(problem.position)
    assert problem.message == says


def test_a_variable_does_not_hide_that_its_section_is_wrong(project: Project) -> None:
    [problem] = project.problems("server: here\n", {"CHATGROW_PORT": "1"})

    assert problem.position == Position("config/chatgrow.yaml", 1, 9)


def test_dotenv_adds_to_the_environment_and_never_overrides_it(project: Project) -> None:
    project.write("WHATSAPP_MAX_CONNECTIONS=5\nexport CHATGROW_PORT='4001' # mine\n# x\nOTHER=1\n", ".env")

    settings = project.load("", {"CHATGROW_PORT": "4002"}).settings

    assert (settings.max_connections, settings.server.port) == (5, 4002)


def test_a_bad_line_in_dotenv_has_its_place(project: Project) -> None:
    project.write("\n\nWHATSAPP_MAX_CONNECTIONS=ten\n", ".env")
    assert project.report("") == (
        ".env:3:1  'maxConnections' must be a whole number, not 'ten'\n"
        "     3 | WHATSAPP_MAX_CONNECTIONS=ten\n"
        "       | ^"
    )

    project.write('TOKEN="canary\nJUST_A_NAME\n', ".env")
    report = project.report("")
    assert report.startswith(".env:1:1  this line is no `NAME=value`")
    assert ".env:2:1  this line" in report
    assert "canary" not in report


def test_a_connections_own_settings_go_over_the_defaults(project: Project) -> None:
    settings = project.load(
        "pacing: {send: {min: 50, max: 60}}\n"
        "connectionDefaults: {reconnectInterval: 10, enableLogging: false, pacing: {reply: {max: 20}}}\n"
    ).settings

    own = settings.for_connection({"reconnectInterval": 99, "pacing": {"send": {"max": 70}}, "engine": None})

    assert own.pacing
    assert (own.pacing.send.min, own.pacing.send.max, own.pacing.reply.max) == (50, 70, 20)
    assert (own.reconnect_interval, own.enable_logging, own.engine) == (99, False, "web")


def test_a_connections_own_settings_are_checked_against_what_they_go_over(project: Project) -> None:
    settings = project.load("pacing: {send: {min: 50, max: 60}}\n").settings

    for wrong in ({"pacing": {"send": {"max": 40}}}, {"reconectInterval": 5}, {"autoReconnect": 1}):
        with pytest.raises(ValueError, match="ConnectionSettings"):
            settings.for_connection(wrong)


def test_a_plan_is_changed_in_part(project: Project) -> None:
    plans = project.load(
        "plans: {free: {connections: unlimited, mediaSize: 1MB}, premium: }\n"
    ).settings.plans

    assert (plans.free.connections, plans.free.media_size) == (None, 1 << 20)
    assert plans.free.messages_per_day == Settings().plans.free.messages_per_day
    assert plans.premium == Settings().plans.premium
    assert plans.enterprise.connections is None


def test_all_tenants_must_be_written(project: Project) -> None:
    plugins = project.load("plugins: {a: {}, b: {tenants: all}, c: {tenants: [ann]}, d: }\n").settings.plugins

    assert [entry.tenants for entry in plugins.values()] == ["default", "all", ("ann",), "default"]


def test_two_configurations_live_side_by_side(project: Project) -> None:
    one, two = project.load("maxConnections: 1\n"), project.load("maxConnections: 2\n")

    assert (one.settings.max_connections, two.settings.max_connections) == (1, 2)


def test_a_missing_file_says_so(project: Project) -> None:
    with pytest.raises(InvalidConfig, match=r"config/none.yaml  there is no such file\n +check the name"):
        load(Path("config/none.yaml"), {})
