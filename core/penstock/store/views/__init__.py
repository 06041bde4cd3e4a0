"""What people read: rows become views."""
