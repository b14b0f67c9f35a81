"""What the wizard knows.  These objects own tasks and answers; screens only show them and pass keys on."""
