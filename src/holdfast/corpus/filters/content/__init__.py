"""What documents say: harm, toxicity, personal data and secrets, test prompts."""
