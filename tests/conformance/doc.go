// Package conformance meets the behaviours of Python's joblib one by one, the
// way a user of the library would: what joblib promises, in its documentation
// and by its own tests, holds here in its meaning, or this page says why it
// makes no sense in Go. It has no code but tests.
//
// # Cache, core
//
//	called once per distinct bound arguments      TestCalledOncePerDistinctBoundArguments
//	defaults and explicit values are one call     TestDefaultsAndExplicitValuesAreTheSameCall: Go has no
//	                                              default values; fields that are not set, and variadic
//	                                              arguments, come nearest
//	no location is fully transparent              TestNoLocationIsTransparent: no location is a nil Memory, or
//	                                              one that is Off; "" is the lab-book's own folder
//	ignored arguments do not affect the key       TestIgnoredArgumentsDoNotAffectTheKey
//	... also through wrappers                     TestIgnoredArgumentsAlsoThroughWrappers: a wrapper that
//	                                              captures a function is refused, see TestMethodExpressions
//	an unknown ignored name is an error           TestUnknownIgnoredNameIsAnError
//	errors propagate and are not cached           TestErrorsPropagateAndAreNotCached, panics too
//	two functions of one name                     TestTwoFunctionsOfOneName, TestTwoFunctionsOfOneNameAndVersion
//	an unrelated edit never invalidates;          TestUnrelatedEditNeverInvalidatesRealChangeDoes; many more
//	a real change does, and keeps the old entry   edits in TestEdits of labbook/tests
//	nil                                           TestNilArgumentsAndResults
//	variadic                                      TestVariadicFunctions
//	generic                                       TestGenericInstances
//	method expressions                            TestMethodExpressions
//	keyword arguments, partial application        none in Go: a call has its arguments in order, and a closure
//	                                              over some of them is refused, since no key would show them
//	decorated functions, lambdas, doctests,       none in Go: code is identified by what is compiled, in a
//	functions of an interactive session           program or a test alike
//
// # Cache, access
//
//	checking never executes, never deletes        TestCheckingNeverExecutesNeverDeletes
//	shelving never loads                          TestShelvingNeverLoads
//	a forced call recomputes and stores           TestForcedCallRecomputesAndStores
//	references survive serialisation              TestReferencesSurviveSerialisation
//	functions survive serialisation               TestFunctionsSurviveInAnotherProcess: a Go function is no value
//	                                              that could be stored; another process wraps the same one
//	arrays as keys                                TestArraysAsKeys
//	first and later results both mapped           TestFirstAndLaterResultsAreMapped
//	validation callback with metadata             TestValidationCallback: constant, long runs only, expires after,
//	                                              invalid
//	context-taking functions likewise             TestContextTakingFunctionsLikewise (joblib: async functions)
//
// # Cache, store
//
//	listing                                       TestListing
//	eviction by bytes, items, age                 TestEvictionByBytes, TestEvictionByItems, TestEvictionByAge
//	eviction in exact least-recently-used order   TestEvictionInExactLeastRecentlyUsedOrder
//	clear, then reuse works                       TestClearThenReuseWorks
//	clear with no location                        TestClearWithNoLocation
//	concurrent writers of one key                 TestConcurrentWritersOfOneKeyNeverCorrupt
//	a load error recomputes                       TestLoadErrorRecomputes
//	a store failure warns and leaves nothing      TestStoreFailureWarnsAndLeavesNothing; a full disk and missing
//	                                              rights in TestFullDisk, TestPermissionTakenAway of labbook/tests
//	wrong options are clear errors                TestWrongOptionsAreClearErrors
//	unknown backends                              none: there is one kind of store, and nothing to misspell
//	.gitignore is created, never overwritten      TestGitignoreIsCreatedAndNeverOverwritten
//	four concurrent identical calls compute once  TestFourConcurrentIdenticalCallsComputeOnce
//
// # Persistence
//
//	round trips of every kind × compression       TestRoundTripsOfEveryKindWithEveryCompression
//	selection by option, extension, magic         TestCompressionIsSelectedByOptionExtensionAndMagic
//	unknown or impossible options                 TestUnknownOrImpossibleOptionsAreClearErrors
//	mapped arrays are aligned at any offset       TestMappedArraysAreAlignedAtAnyOffset
//	the modes r, c, r+ and w+                     TestMappingModes
//	mapping compressed data warns and loads       TestMappingCompressedDataWarnsAndLoads
//	any reader or writer, not only files          TestAnyReaderOrWriter
//	no full copy on dump and load                 TestDumpAndLoadMakeNoFullCopy
//	old golden files still load                   TestOldGoldenFilesStillLoad
//	byte order of the other endianness            TestByteOrderOfTheOtherEndianness
//	truncated or hostile input is an error        TestTruncatedOrHostileInputIsAnError
//	pickles of other Python versions, xz, bz2,    none: values are CBOR, which knows no code to run when it is
//	registering compressors                       read; four codecs, each readable by a program of its own
//
// # Digests
//
//	equal if and only if the values are           TestDigestsEqualIffValuesAre
//	map and set order                             TestDigestsMapAndSetOrder
//	interning and sharing do not matter           TestDigestsSharingIsInvisible
//	shape, element type and layout do             TestDigestsShapeElementTypeAndLayout
//	receivers of methods do                       TestDigestsReceiversOfMethods: a bound method is refused, since
//	                                              its receiver does not show; a method expression takes it as
//	                                              an argument
//	golden values                                 TestDigestsGoldenValues
//	unkeyable values: an error with the path      TestDigestsUnkeyableNamesThePath
//	memory order of arrays (C, Fortran, strides)  none: a slice of slices has rows and nothing else; what numpy
//	                                              tells apart by strides is another type or other rows here,
//	                                              and that counts
//	asking for interned strings                   none: Go does not show which strings share memory
package conformance
