"""The default engine: the PP-OCR networks of PaddleOCR (Apache-2.0), as the rapidocr wheel carries them.

Only the wheel's model files are used: its own code needs OpenCV and runs no faster. The networks read some
fifty languages in Latin script, Chinese and Japanese, without being told which.
"""
