"""The plugin as the host loads it, so that test modules find its parts in sys.modules."""

from pathlib import Path

from chatgrow_bot.host.loader import load_plugin_module, plugin_class

Agents = plugin_class(load_plugin_module(Path(__file__).parents[3] / "plugins" / "whatsapp_agents"))
