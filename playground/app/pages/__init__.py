"""The pages, a file each; ``streamlit_app.py`` puts the shared sidebar around them."""
