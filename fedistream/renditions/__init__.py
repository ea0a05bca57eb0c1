"""The renditions of live broadcasts: smaller pictures and sound alone, beside what the encoder sends. Start reading at
`service.py`.
"""
