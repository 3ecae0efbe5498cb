#!/bin/sh
# Makes ./public, a DokuWiki that waits to be installed, from the Debian package dokuwiki.
set -eu
cd "$(dirname "$0")"
package=/usr/share/dokuwiki

[ -d "$package" ] || { echo "$package is missing: apt install dokuwiki php-fpm php-xml php-mbstring php-gd" >&2; exit 1; }
[ ! -e public ] || { echo "public is there already: remove it first" >&2; exit 1; }
mkdir public
cp -R -L "$package"/*.php "$package"/VERSION "$package"/inc "$package"/lib "$package"/vendor public/
# Debian's folders for its own site are not ours: conf and data lie in public, as DokuWiki has it.
rm -f public/inc/preload.php
mkdir public/conf public/data
for folder in attic cache index locks log media media_attic media_meta meta pages tmp; do
  mkdir "public/data/$folder"
done
for file in /etc/dokuwiki/*; do
  case $file in
    */local.php | */*.auth.php | */apache.conf | */lighttpd.conf | */htaccess) ;;
    *) [ ! -f "$file" ] || cp -L "$file" public/conf/ ;;
  esac
done
sed -i "s|'/var/lib/dokuwiki/data'|'./data'|" public/conf/dokuwiki.php
# Pages are /doku.php/NAME: a script with a path after it.
echo "\$conf['userewrite'] = 2;" > public/install.conf
