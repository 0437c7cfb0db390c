package main

import (
	"testing"
	"time"
)

func TestAmountFlags(t *testing.T) {
	t.Parallel()
	var size sizeFlag
	var age ageFlag
	if size.String() != "" || age.String() != "" {
		t.Errorf("defaults %q and %q would be in the help", size.String(), age.String())
	}
	if err := size.Set("1.5G"); err != nil || size != 3<<29 || size.String() != "1610612736" {
		t.Errorf("%v, %v", size, err)
	}
	if err := age.Set("30d"); err != nil || time.Duration(age) != 720*time.Hour || age.String() != "720h0m0s" {
		t.Errorf("%v, %v", age, err)
	}
}
