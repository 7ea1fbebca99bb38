from . import callback
from . import run_news
from . import duplicates
