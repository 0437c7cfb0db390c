//go:build !linux

package store_test

func platformRole(string, string) int { return 2 }
