from . import calls, models, steps
