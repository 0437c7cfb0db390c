package main

import "slices"

// first keeps the first of very many items in some order.
type first[T any] struct {
	limit   int
	compare func(x, y *T) int

	items []T
}

// add takes an item, and forgets those that cannot be among the first any more.
func (f *first[T]) add(item T) {
	f.items = append(f.items, item)
	// Sorting every now and then costs less than keeping order each time.
	if len(f.items) >= 2*f.limit+1024 {
		f.items = f.sorted()
	}
}

// sorted returns the first items, in order.
func (f *first[T]) sorted() []T {
	slices.SortFunc(f.items, func(x, y T) int { return f.compare(&x, &y) })
	clear(f.items[min(len(f.items), f.limit):])
	f.items = f.items[:min(len(f.items), f.limit)]
	if f.items == nil {
		f.items = []T{}
	}
	return f.items
}
