"""What a reader gets of an analysis: a report as PDF or DOCX, tables as XLSX or CSV."""
