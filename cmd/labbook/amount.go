package main

import (
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"labbook/runlog/filter"
)

// A sizeFlag is a number of bytes on the command line.
type sizeFlag int64

var _ pflag.Value = (*sizeFlag)(nil)

// String implements pflag.Value.
func (f *sizeFlag) String() string {
	if *f == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*f), 10)
}

// Set implements pflag.Value.
func (f *sizeFlag) Set(text string) error {
	n, err := filter.ParseSize(text)
	*f = sizeFlag(n)
	return err
}

// Type implements pflag.Value.
func (f *sizeFlag) Type() string { return "size" }

// An ageFlag is a time span on the command line.
type ageFlag time.Duration

var _ pflag.Value = (*ageFlag)(nil)

// String implements pflag.Value.
func (f *ageFlag) String() string {
	if *f == 0 {
		return ""
	}
	return time.Duration(*f).String()
}

// Set implements pflag.Value.
func (f *ageFlag) Set(text string) error {
	d, err := filter.ParseDuration(text)
	*f = ageFlag(d)
	return err
}

// Type implements pflag.Value.
func (f *ageFlag) Type() string { return "age" }
