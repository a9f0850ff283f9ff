"""ChatGrow Bot: a self-hosted WhatsApp hub. The core; it names no brand and imports no plugin."""
