"""The architecture: contracts on imports, figures of each folder, and the pages made from the code."""
