package store_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"labbook/cache/store"
)

func Example() {
	dir, err := os.MkdirTemp("", "cache")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	s := store.Open(dir, store.Limits{})
	key := store.Key{1, 2, 3}

	if _, err := s.Get("digits.train", key); errors.Is(err, store.ErrNotFound) {
		fmt.Println("a miss")
	}
	if err := s.Put("digits.train", key, store.Meta{Duration: 2 * time.Second}, []byte("result")); err != nil {
		log.Fatal(err)
	}
	entry, err := s.Get("digits.train", key)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, which took %v\n", entry.Payload, entry.Duration)
	// Output:
	// a miss
	// result, which took 2s
}
