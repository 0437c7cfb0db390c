//go:build !linux

package main

import "errors"

func killHelper() error { return errors.ErrUnsupported }
