"""What happens to engines, each story a function; `test_stories` compares what comes of it."""
