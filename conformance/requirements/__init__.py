"""The tables of the catalogue, one module per chapter; that of READ takes in `mails`."""
