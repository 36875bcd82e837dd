"""notebooks -> a static JupyterLite site: Python runs in the student's browser, any file host will do."""
