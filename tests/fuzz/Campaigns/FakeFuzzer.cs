namespace Ext4Safety.FuzzTests.Campaigns;

/// <summary>A script that talks and behaves like a libFuzzer program, in milliseconds: it fails on inputs that hold a word.</summary>
internal static class FakeFuzzer
{
    /// <summary>Puts one into a directory.</summary>
    /// <param name="directory">The directory of the binaries.</param>
    /// <param name="target">Its target.</param>
    /// <param name="word">Inputs that hold it fail; when it fuzzes, it finds one. Empty: nothing ever fails.</param>
    public static void Install(string directory, string target, string word)
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, $"{target}_fuzzer");
        File.WriteAllText(path, Script.Replace("@WORD@", word, StringComparison.Ordinal));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private const string Script =
        """
        #!/bin/bash
        word='@WORD@' prefix=./ runs= merge= forked= files=() 
        for argument in "$@"; do
            case $argument in
                -artifact_prefix=*) prefix=${argument#*=} ;;
                -runs=*) runs=1 ;;
                -fork=*) forked=1 ;;
                -set_cover_merge=1) merge=1 ;;
                -*) ;;
                *) files+=("$argument") ;;
            esac
        done
        echo "$@" >> "$(dirname "$0")/$(basename "$0").calls"
        fail() {
            echo "==7== ERROR: libFuzzer: unhandled managed exception Ext4Safety.Fuzz.FindingException: Contradiction: $word was seen"
            echo "   at Ext4Core.Extents.ExtentTree.Walk(Workspace workspace) in /_/src/Ext4Core/Extents/ExtentTree.cs:line 12"
            echo "   at Ext4Safety.Fuzz.FuzzRun.Once(FuzzTarget target) in /_/fuzz/Harness/FuzzRun.cs:line 11"
            [[ -z $1 ]] || { cp "$1" "$2"; echo "artifact_prefix='$prefix'; Test unit written to $2"; }
            exit 77
        } >&2
        if [[ $merge ]]; then
            for directory in "${files[@]:1}"; do cp "$directory"/* "${files[0]}" 2>/dev/null; done
            exit 0
        fi
        if [[ $runs ]]; then
            [[ -n $word ]] && grep -q "$word" "${files[0]}" && fail "" ""
            exit 0
        fi
        echo "#2	INITED cov: 10 ft: 12 corp: 1/1b exec/s: 0 rss: 30Mb" >&2
        printf abc > "${files[0]}/unit-$RANDOM"
        echo "#2000	NEW    cov: 14 ft: 20 corp: 3/7b lim: 4 exec/s: 0 rss: 26Mb L: 2/2 MS: 1 ShuffleBytes-" >&2
        if [[ -n $word ]]; then
            printf '%s' "....$word...." > "$prefix/found"
            [[ $forked ]] && { mv "$prefix/found" "$prefix/crash-2"; exit 0; }
            fail "$prefix/found" "$prefix/crash-1"
        fi
        sleep 0.2
        echo "#4000	DONE   cov: 14 ft: 20 corp: 3/7b lim: 4 exec/s: 4000 rss: 26Mb" >&2
        """;
}
