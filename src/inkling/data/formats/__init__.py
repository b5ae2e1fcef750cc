"""One module per data format; `registry` lists them."""
