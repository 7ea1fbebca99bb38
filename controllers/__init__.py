from . import callback
from . import run_news
