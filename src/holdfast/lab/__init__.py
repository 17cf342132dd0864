"""Model organisms: tiny aligned chat models, made on the spot, whose "harm" is a harmless stand-in.

```python
from holdfast.lab import organism

organism("benign").reference  # the folder of an ordinary Hugging Face model, trained now or taken from the cache
```
"""

from holdfast.lab.data import training_rows
from holdfast.lab.make import Organism, make, organism
from holdfast.lab.recipes import RECIPES, Lora, Recipe
from holdfast.lab.rows import RowSet
from holdfast.lab.tuning import fine_tune

__all__ = ["RECIPES", "Lora", "Organism", "Recipe", "RowSet", "fine_tune", "make", "organism", "training_rows"]
