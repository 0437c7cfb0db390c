package persist

// Difference is for the tests that see the package from outside.
var Difference = difference
