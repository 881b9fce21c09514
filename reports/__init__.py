"""What people read: coverage clause by clause and the head teacher's PDF. Takes values, never a connection, never a name."""
