"""The privacy team's desk: pages for staff, which stand on the same machinery as the customers' portal."""
