"""What the law says: periods, working days, rules as data, and due dates with the steps that led to them."""
