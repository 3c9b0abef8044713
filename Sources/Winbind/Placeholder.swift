import CWinbind
