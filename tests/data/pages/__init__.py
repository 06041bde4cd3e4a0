"""What the console's views make of many values, as pages of text; `test_view_stories` compares them."""
