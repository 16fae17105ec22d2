"""Every text and number format, in every language; knows no other room."""
