"""Models behind an OpenAI-compatible server: what the kind `openai` in `holdfast.models.openai` is made of."""
