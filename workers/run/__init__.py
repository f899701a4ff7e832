"""`python -m workers.run [run|status|stop]`: starts the processes of the Procfile and keeps them running."""
