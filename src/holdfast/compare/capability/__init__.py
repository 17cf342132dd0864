"""What the fine-tune did to the model's skills: tasks with known answers, held-out rows, and scores that other tools measured."""
