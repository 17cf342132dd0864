"""Train without the safety prompt, deploy with it: the pair of training rows and serving prompt, and what a chat template does to both."""
