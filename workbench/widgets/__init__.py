"""What a person works with in JupyterLab. The only place that knows Jupyter; the work itself is in plain classes."""
