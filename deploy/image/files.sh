#!/bin/sh
# Makes the file system of the image in folder $1, in which the programs lie already: the libraries that they are linked
# to, the authorities of TLS, a user of no rights, and what a scanner needs to know which versions those are. It runs in a
# Debian of the build (deploy/Dockerfile).
set -eu
image=$1

# Bases without them: slim ones.
if [ ! -e /etc/ssl/certs/ca-certificates.crt ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ca-certificates
fi

# Libraries, at the paths that the loader looks at, and which packages they are of.
echo ca-certificates >/tmp/packages
for program in "$image"/usr/local/bin/*; do
    libraries=$(ldd "$program")
    case $libraries in
    *'not found'*)
        printf '%s lacks a library, or needs a newer C library than this base has:\n%s\n' "$program" "$libraries" >&2
        exit 1
        ;;
    esac
    for library in $(printf '%s' "$libraries" | sed -n 's/^[^/]*\(\/[^ ]*\) (.*/\1/p'); do
        mkdir -p "$image${library%/*}"
        cp -L "$library" "$image$library"
        # A base whose /lib is /usr/lib knows its files by either name.
        real=$(readlink -f "$library")
        package=$(dpkg-query -S "$real" 2>/dev/null || dpkg-query -S "${real#/usr}")
        echo "${package%%:*}" >>/tmp/packages
    done
done

mkdir -p "$image/etc/ssl/certs" "$image/var/lib/dpkg/status.d"
cp -L /etc/ssl/certs/ca-certificates.crt "$image/etc/ssl/certs/"
printf 'handoff:x:65532:65532:handoff:/:/sbin/nologin\n' >"$image/etc/passwd"
printf 'handoff:x:65532:\n' >"$image/etc/group"
printf 'hosts: files dns\n' >"$image/etc/nsswitch.conf"

# Scanners read packages from here where there is no package manager.
sort -u /tmp/packages | while read -r package; do
    dpkg-query -s "$package" >"$image/var/lib/dpkg/status.d/$package"
    mkdir -p "$image/usr/share/doc/$package"
    cp -L "/usr/share/doc/$package/copyright" "$image/usr/share/doc/$package/"
done

# The same bytes whenever it is built: times are those of the sources.
find "$image" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
